import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Logs JSON lines to standard output. Fields that may hold a secret are redacted. */
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
