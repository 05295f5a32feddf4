import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { type Dispatcher, fetch } from 'undici'
import { printable } from '../../platform/printable.ts'
import { formatDuration } from '../../platform/units.ts'
import { isObject } from '../../registry/descriptor.ts'
import { parseJson } from '../../registry/json.ts'
import { NO_ANSWER_MS } from './ask-again.ts'
import type { Gate, GateResult, GateSubject, WebhookConfig } from './gate.ts'

/** Bytes of an answer. */
const ANSWER_LIMIT = 64 * 1024
/** Characters of the reason in an answer that are kept. */
const WHY_LIMIT = 300

/** No answer was given. Its message names no URL: the path is a secret. */
class NoAnswer extends Error {}

/**
 * Asks an outside check. The question is a Standard Webhook (https://www.standardwebhooks.com) with the image as `data`; it is
 * signed if there is a secret. Only status 200 with `{"allow": true}` opens the gate. `{"allow": false, "why": "…"}` closes it
 * for this digest; with `"retry": true` it waits. All else is no answer, and the gate waits. `now` is epoch µs.
 */
export function makeWebhookGate(
  { url, secret, timeout }: WebhookConfig,
  deps: { dispatcher?: Dispatcher | undefined; now: () => number },
): Gate {
  const { host } = new URL(url)
  const name = `webhook ${host}`
  const webhook = secret === undefined ? undefined : new Webhook(secret)

  function headersOf(json: string, at: Date): Record<string, string> {
    const id = randomUUID()
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      ...(webhook && { 'webhook-signature': webhook.sign(id, at, json) }),
    }
  }

  async function ask(subject: GateSubject): Promise<Record<string, unknown>> {
    const at = new Date(deps.now() / 1000)
    const json = JSON.stringify({ type: 'promotion.gate', timestamp: at.toISOString(), data: subject })
    const signal = AbortSignal.timeout(timeout)
    const { dispatcher } = deps
    try {
      const response = await fetch(url, {
        ...{ method: 'POST', body: json, headers: headersOf(json, at), redirect: 'manual', signal },
        ...(dispatcher && { dispatcher }),
      })
      const bytes = await bodyOf(response.body)
      if (response.status !== 200) throw new NoAnswer(`it answered ${response.status}`)
      const answer = parseJson(bytes)
      if (!isObject(answer) || typeof answer.allow !== 'boolean')
        throw new NoAnswer('its answer is not {"allow": true} or {"allow": false}')
      return answer
    } catch (error) {
      if (error instanceof NoAnswer) throw error
      throw new NoAnswer(signal.aborted ? `no answer within ${formatDuration(timeout)}` : codeOf(error))
    }
  }

  return {
    name,
    async check(subject): Promise<GateResult> {
      const again = () => Math.ceil(deps.now() / 1000) + NO_ANSWER_MS
      try {
        const { allow, why, retry } = await ask(subject)
        const said = typeof why === 'string' ? printable(why.slice(0, WHY_LIMIT)) : ''
        if (allow === true)
          return {
            ...{ gate: name, state: 'open', why: said || `${host} allows it` },
            evidence: { host, ...(said && { why: said }) },
          }
        const no = said || `${host} does not allow it`
        return retry === true
          ? { gate: name, state: 'waiting', why: no, again: again() }
          : { gate: name, state: 'closed', why: no }
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        return { gate: name, state: 'waiting', why: `${host}: ${error.message}`, again: again() }
      }
    },
  }
}

/** @throws NoAnswer if it is longer than the limit */
async function bodyOf(body: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > ANSWER_LIMIT) throw new NoAnswer(`its answer is longer than ${ANSWER_LIMIT} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A short reason such as ECONNREFUSED. Some messages of undici contain the whole URL, so none is used. */
function codeOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined }
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'the request failed'
}
