import { type Answer, get } from './request.ts'

type Job = Answer<'/v1/jobs/{queue}/{id}'>
type Queue = Parameters<typeof get<'/v1/jobs/{queue}/{id}'>>[1] extends
  | { path?: { queue: infer Q } }
  | undefined
  ? Q
  : never

/** How often a job is looked at, in ms. */
const EVERY_MS = 1_000

/** Looks at a job until it has ended, and gives it. `told` is called with what it looks like meanwhile. @throws ApiError */
export async function followJob(
  { queue, id }: { queue: string; id: string },
  told: (job: Job) => void = () => {},
): Promise<Job> {
  for (;;) {
    const job = await get('/v1/jobs/{queue}/{id}', { path: { queue: queue as Queue, id } })
    if (job.state === 'completed' || job.state === 'failed') return job
    told(job)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
