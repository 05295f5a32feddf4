import { type Static, Type } from 'typebox'

/** How far a job is, as the API tells it and the command line follows it. */
export const JobStatus = Type.Object({
  id: Type.String(),
  state: Type.String({ description: "BullMQ's: waiting, delayed, active, completed, failed …" }),
  attempts: Type.Integer({ description: 'Attempts that have ended.' }),
  progress: Type.Unknown({ description: 'What the job last said of its progress; 0 before.' }),
  failedReason: Type.Union([Type.String(), Type.Null()], { description: 'Why the last attempt failed.' }),
  result: Type.Unknown({ description: 'What the job left behind; null until it is completed.' }),
})
export type JobStatus = Static<typeof JobStatus>

/** A job that was asked for, and where to ask how far it is: `GET /v1/jobs/:queue/:id`. */
export const JobAsked = Type.Object({ job: Type.Object({ queue: Type.String(), id: Type.String() }) })
export type JobAsked = Static<typeof JobAsked>
