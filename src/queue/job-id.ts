import { createHash } from 'node:crypto'

/** Makes a BullMQ job id from any texts. BullMQ refuses ids with `:` and ids that are integers. */
export const jobId = (...parts: (string | number)[]): string =>
  `j${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`
