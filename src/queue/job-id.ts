import { createHash } from 'node:crypto'

/** A BullMQ job id from parts that may hold anything: BullMQ refuses `:` and takes integers for its own. */
export const jobId = (...parts: (string | number)[]): string =>
  `j${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`
