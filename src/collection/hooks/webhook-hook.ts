import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { type Dispatcher, request } from 'undici'
import { printable } from '../../platform/printable.ts'
import { formatDuration } from '../../platform/units.ts'
import { type Hook, HookFailed, OUTPUT_LIMIT } from './hook.ts'

/** How long after an answer that it is not done yet it is asked again, in ms. */
const AGAIN_MS = 5_000

/** Bytes of an answer that are read. */
const ANSWER_LIMIT = 64 * 1024

/**
 * Makes a hook that asks a URL. The question says what is wanted; it is a Standard Webhook
 * (https://www.standardwebhooks.com), signed if there is a secret. `webhook-id` is the same in every question of a call, so a
 * receiver begins its work once. A call after one that failed has another: a receiver that knows the id would do nothing. A status of 200 to 299 is success, but for 202: it is not done yet. The path of
 * the URL may be a secret: only its host is told.
 */
export function makeWebhookHook(options: {
  url: string
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  authorization?: string | undefined
  secret?: string | undefined
  timeout: number
  dispatcher?: Dispatcher | undefined
  againMs?: number
}): Hook {
  const { url, method, authorization, timeout, dispatcher, againMs = AGAIN_MS } = options
  const { host } = new URL(url)
  const webhook = options.secret === undefined ? undefined : new Webhook(options.secret)

  return async ({ registry, run, hook, signal: asked }) => {
    const id = `${run}-${hook}-${randomBytes(4).toString('hex')}`
    const late = AbortSignal.timeout(timeout)
    const signal = AbortSignal.any([late, ...(asked ? [asked] : [])])

    async function ask(): Promise<{ status: number; text: string }> {
      const at = new Date()
      const json = JSON.stringify({
        ...{ type: `collection.${hook}`, timestamp: at.toISOString() },
        data: { registry, collection: run, hook },
      })
      const { statusCode, body } = await request(url, {
        ...{ method, body: json, signal, headersTimeout: 0, bodyTimeout: 0 },
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          ...(webhook && { 'webhook-signature': webhook.sign(id, at, json) }),
          ...(authorization !== undefined && { authorization }),
        },
        ...(dispatcher && { dispatcher }),
      })
      let text = ''
      let size = 0
      for await (const chunk of body) {
        size += chunk.length
        if (size <= ANSWER_LIMIT) text = `${text}${chunk}`.slice(-OUTPUT_LIMIT)
      }
      return { status: statusCode, text: text.trimEnd().split('\n').map(printable).join('\n') }
    }

    try {
      for (;;) {
        const { status, text } = await ask()
        if (status < 200 || status > 299) throw new HookFailed(`${host} answered ${status}`, text)
        if (status !== 202) return text
        await sleep(againMs, undefined, { signal })
      }
    } catch (error) {
      if (error instanceof HookFailed) throw error
      if (late.aborted) throw new HookFailed(`${host} was not done within ${formatDuration(timeout)}`)
      if (asked?.aborted)
        throw new HookFailed(
          `${host} was left: ${asked.reason instanceof Error ? asked.reason.message : asked.reason}`,
        )
      throw new HookFailed(`${host} did not answer: ${codeOf(error)}`)
    }
  }
}

/** A short reason such as ECONNREFUSED. Some messages of undici contain the whole URL, so none is used. */
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'the request failed'
