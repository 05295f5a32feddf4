import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** JSON lines on standard output; what could carry a secret is cut out, wherever it was put. */
export function makeLog(level: string): Logger {
  return pino({
    level,
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
  })
}
