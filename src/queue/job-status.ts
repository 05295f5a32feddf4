import { type Static, Type } from 'typebox'

/** The progress of a job, as the API tells it and the command line follows it. */
export const JobStatus = Type.Object({
  id: Type.String({ description: 'The id of the job in its queue.' }),
  state: Type.String({ description: "BullMQ's: waiting, delayed, active, completed, failed …" }),
  attempts: Type.Integer({ description: 'The number of attempts that have ended.' }),
  progress: Type.Unknown({ description: "The job's last report of its progress; 0 before the first." }),
  failedReason: Type.Union([Type.String(), Type.Null()], {
    description: 'Why the last attempt that failed did; null if none did, or if the job is completed.',
  }),
  result: Type.Unknown({ description: "The job's result; null until it is completed." }),
})
export type JobStatus = Static<typeof JobStatus>

/** A job that was asked for. `GET /v1/jobs/:queue/:id` tells its progress. */
export const JobAsked = Type.Object({
  job: Type.Object(
    {
      queue: Type.String({ description: 'The queue that it is in.' }),
      id: JobStatus.properties.id,
    },
    { description: 'The job. `GET /v1/jobs/:queue/:id` tells its progress.' },
  ),
})
export type JobAsked = Static<typeof JobAsked>
