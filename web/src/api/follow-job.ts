import { type Answer, ApiError, get } from './request.ts'

type Job = Answer<'/v1/jobs/{queue}/{id}'>
type Queue = Parameters<typeof get<'/v1/jobs/{queue}/{id}'>>[1] extends
  | { path?: { queue: infer Q } }
  | undefined
  ? Q
  : never

/** How often a job is looked at, in ms. */
const EVERY_MS = 1_000

/**
 * Looks at a job until it has ended, and gives it. It goes on after what passes: no answer, or a 5xx. `told` is called with what the
 * job looks like meanwhile. Once the signal says so, it looks no more, and gives undefined. @throws ApiError
 */
export async function followJob(
  { queue, id }: { queue: string; id: string },
  { signal, told = () => {} }: { signal: AbortSignal; told?: (job: Job) => void },
): Promise<Job | undefined> {
  while (!signal.aborted) {
    try {
      const job = await get('/v1/jobs/{queue}/{id}', { path: { queue: queue as Queue, id }, signal })
      if (job.state === 'completed' || job.state === 'failed') return job
      told(job)
    } catch (error) {
      if (signal.aborted) return undefined
      if (!(error instanceof ApiError) || (error.status > 0 && error.status < 500)) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
  return undefined
}
