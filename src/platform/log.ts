import { type Logger, pino, stdSerializers } from 'pino'

export type { Logger } from 'pino'

/** Logs JSON lines to standard output. Fields that may hold a secret are redacted; of a command of Redis, only its name is logged. */
export function makeLog(level: string): Logger {
  const options = {
    level,
    serializers: { err: serializeError },
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
  }
  // Synchronous: otherwise the line that is being written when the process exits comes after the last one.
  return pino(options, pino.destination({ dest: 1, sync: true }))
}

/** An error of ioredis holds its command: often a whole script, and events with the names of people. */
function serializeError(error: Error): object {
  const { command, ...rest } = stdSerializers.err(error)
  return command === undefined ? rest : { ...rest, command: command.name }
}
