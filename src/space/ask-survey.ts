import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'

/** Asks for a survey of a registry's storage. @returns the id of its job, or of that of the same survey that is not done yet */
export async function askSurvey(queues: Pick<Queues, 'storage'>, registry: string): Promise<string> {
  const { id = '' } = await queues.storage.add(
    'storage',
    { kind: 'survey', registry },
    { deduplication: { id: jobId('storage', registry) } },
  )
  return id
}
