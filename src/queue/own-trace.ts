/** Options of scheduled jobs: each has a trace of its own. BullMQ would put all of them, for ever, into that of the schedule. */
export const OWN_TRACE = { telemetry: { omitContext: true } }
