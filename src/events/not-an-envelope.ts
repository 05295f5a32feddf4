/** The body of a request is no notification. The message says why, as a sentence. */
export class NotAnEnvelope extends Error {}
