import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { printable } from './printable.ts'

export type { Logger } from 'pino'

/**
 * Logs to standard output: lines for people if it is a terminal, JSON otherwise. Text from outside is safe to print in both.
 * Fields that may hold a secret are redacted; of a command of Redis, only its name is logged. It writes synchronously:
 * otherwise the line that is being written when the process exits comes after the last one.
 */
export function makeLog(
  level: string,
  destination: DestinationStream = process.stdout.isTTY
    ? forPeople(process.stdout)
    : pino.destination({ dest: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      serializers: { err: serializeError },
      formatters: { level: (name) => ({ level: name }) },
      hooks: { streamWrite: printableLine },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          '*.authorization',
          '*.headers.authorization',
          '*.password',
          '*.token',
          '*.secret',
          '*.actor.user',
        ],
        censor: '[redacted]',
      },
    },
    destination,
  )
}

/** An error of ioredis holds its command: often a whole script, and events with the names of people. */
function serializeError(error: Error): object {
  const { command, ...rest } = stdSerializers.err(error)
  return command === undefined ? rest : { ...rest, command: command.name }
}

/** Writes each line as people read it: time, level, message, and the fields after it. Colours are off with `NO_COLOR`. */
export function forPeople(output: Pick<NodeJS.WriteStream, 'write'>): DestinationStream {
  const pretty = prettyFactory({ translateTime: false, ignore: 'pid,hostname', singleLine: true })
  return { write: (line) => void output.write(pretty(line)) }
}

/**
 * In a line of JSON: escapes that a viewer turns back into controls or lone surrogates, except the line breaks of a stack
 * (each is before `    at ` or `caused by: `); the other escapes, so that none is read from its middle; and what
 * `printable` escapes.
 */
const ESCAPES_AND_UNPRINTABLE =
  /\\(u[\da-f]{4}|[bfrt]|n(?! {4}at |caused by: ))|\\.|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Makes a line of JSON safe to print, also after it is parsed: unprintable characters become `\u{hex}`. Takes 1 µs. */
function printableLine(line: string): string {
  const text = line.trimEnd().replace(ESCAPES_AND_UNPRINTABLE, (found, ofUnprintable) => {
    if (found.startsWith('\\') && ofUnprintable === undefined) return found
    return JSON.stringify(printable(JSON.parse(`"${found}"`))).slice(1, -1)
  })
  return `${text}\n`
}
