import { isNestedDeeper } from './nesting.ts'

/**
 * A notification has five levels. What is deeper than this no registry made, and from some 3,000 on it could not be kept
 * as JSON. Texts of up to twice as many characters need no look.
 */
const LEVELS = 1_500

/** Why a body is no notification, as a sentence. */
export class NotAnEnvelope extends Error {}

/** The events of a notification's envelope, whatever they are. */
export function readEnvelope(text: string): unknown[] | NotAnEnvelope {
  if (isNestedDeeper(text, LEVELS))
    return new NotAnEnvelope(`the body is nested more than ${LEVELS} levels deep, as no notification is`)
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return new NotAnEnvelope('the body is not JSON: expected a notification envelope, {"events": […]}')
  }
  if (typeof body === 'object' && body !== null && 'events' in body && Array.isArray(body.events))
    return body.events
  return new NotAnEnvelope('the body is no notification envelope: expected an object with an array "events"')
}
