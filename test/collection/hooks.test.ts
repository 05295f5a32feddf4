import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { makeCommandHook } from '../../src/collection/hooks/command-hook.ts'
import { endLeftovers } from '../../src/collection/hooks/end-leftovers.ts'
import { HookFailed } from '../../src/collection/hooks/hook.ts'
import { makeWebhookHook } from '../../src/collection/hooks/webhook-hook.ts'

const CALL = { registry: 'ci', run: 'run-1', hook: 'collect' } as const
const MINUTE = 60_000

describe('a command', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyman-hooks-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const hook = (script: string, options: { env?: string[]; timeout?: number; environment?: object } = {}) =>
    makeCommandHook(
      {
        command: ['/bin/sh', '-c', script, 'sh', 's3cret'],
        env: options.env ?? [],
        timeout: options.timeout ?? MINUTE,
      },
      { PATH: process.env.PATH, ...options.environment },
    )
  const failureOf = async (called: Promise<unknown>): Promise<HookFailed> => {
    const error = await called.then(
      () => undefined,
      (failure) => failure,
    )
    expect(error).toBeInstanceOf(HookFailed)
    return error
  }

  it('gets few variables, and those that are named', async () => {
    const environment = { SECRET: 'no', KUBECONFIG: '/k' }
    const output = await hook('env', { env: ['KUBECONFIG'], environment })(CALL)
    expect(output).toContain('KUBECONFIG=/k')
    expect(output).toContain('TALLYMAN_COLLECTION=run-1')
    expect(output).toContain('TALLYMAN_REGISTRY=ci')
    expect(output).not.toContain('SECRET')
  })

  it('its output is kept from its end, and its control characters are escaped', async () => {
    const output = await hook(`yes x | head -n 100000; printf '\\033[31mred\\n'`)(CALL)
    expect(output.length).toBeLessThan(5_000)
    expect(output).toContain('red')
    expect(output).not.toContain('\u001b')
  })

  it('a failure tells the status and the output, and no argument', async () => {
    const failure = await failureOf(hook('echo why >&2; exit 4')(CALL))
    expect(failure.message).toBe('/bin/sh ended with the status 4')
    expect(failure.output).toBe('why')
  })

  it('one that is not there is told', async () => {
    const nowhere = makeCommandHook(
      { command: [join(folder, 'nowhere')], env: [], timeout: MINUTE },
      process.env,
    )
    expect((await failureOf(nowhere(CALL))).message).toContain('ended with the status 127')
  })

  it('one that hangs is ended with all that it has started, also what heeds no signal', async () => {
    const pids = join(folder, 'pids')
    const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$ >>${pids}; while :; do sleep 0.1; done' & echo $$ >>${pids}; wait; while :; do sleep 0.1; done`
    const failure = await failureOf(hook(script, { timeout: 3_000 })(CALL))
    expect(failure.message).toBe('/bin/sh did not end within 3s')
    for (const pid of (await readFile(pids, 'utf8')).trim().split('\n'))
      await eventually(
        async () => isRunning(Number(pid)),
        (runs) => !runs,
      )
  })

  it('it can be ended before its time, with the reason', async () => {
    const stop = new AbortController()
    const called = hook('sleep 1000')({
      ...CALL,
      signal: stop.signal,
      onGroup: async () => stop.abort(new Error('ann stopped it')),
    })
    expect((await failureOf(called)).message).toBe('/bin/sh was ended: ann stopped it')
  })

  it('it does not run if its group cannot be noted', async () => {
    const mark = join(folder, 'ran')
    const called = hook(`touch ${mark}`)({
      ...CALL,
      onGroup: async () => {
        throw new Error('the store is away')
      },
    })
    await expect(called).rejects.toThrow('the store is away')
    await expect(readFile(mark)).rejects.toThrow('ENOENT')
  })

  it('what a dead process has left is found by its group and its mark, and nothing else is killed', async () => {
    const go = join(folder, 'go')
    let group = 0
    const called = hook(`while [ ! -e ${go} ]; do sleep 0.05; done`)({
      ...CALL,
      onGroup: async (of) => {
        group = of
      },
    })
    called.catch(() => {})
    await eventually(
      async () => group,
      (of) => of > 0,
    )
    expect(await endLeftovers({ group, run: 'another' })).toBe(0)
    expect(isRunning(group)).toBe(true)
    expect(await endLeftovers({ group, run: 'run-1' })).toBeGreaterThan(0)
    expect((await failureOf(called)).message).toBe('/bin/sh was ended by SIGKILL')
    await writeFile(go, '')
  })
})

describe('a URL', () => {
  const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  let answers: number[]
  let asked: { request: IncomingMessage; body: string }[]
  let url: string
  let close: () => void

  beforeEach(async () => {
    ;[answers, asked] = [[], []]
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        asked.push({ request, body })
        const status = answers.shift()
        // Without an answer, it hangs.
        if (status !== undefined) response.writeHead(status).end('said\u001b[31m')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cret-path`
    close = () => {
      server.closeAllConnections()
      server.close()
    }
  })
  afterEach(() => close())
  const hook = (timeout = MINUTE) =>
    makeWebhookHook({ url, method: 'PUT', authorization: 'Bearer t', secret: SECRET, timeout, againMs: 10 })

  it('is asked in a signed question that says what is wanted', async () => {
    answers = [204]
    await hook()(CALL)
    const [{ request, body } = { request: undefined, body: '' }] = asked
    expect(request?.method).toBe('PUT')
    expect(request?.headers.authorization).toBe('Bearer t')
    const headers = request?.headers as Record<string, string>
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({
      type: 'collection.collect',
      data: { registry: 'ci', collection: 'run-1', hook: 'collect' },
    })
  })

  it('202 is not done yet: it is asked again, with the same id, and another call has another id', async () => {
    answers = [202, 202, 200]
    expect(await hook()(CALL)).not.toContain('\u001b')
    const ids = () => new Set(asked.map(({ request }) => request.headers['webhook-id']))
    expect([...ids()]).toEqual([expect.stringMatching(/^run-1-collect-[0-9a-f]{8}$/)])
    expect(asked).toHaveLength(3)
    // Another call is another question: a receiver that knows the id would do nothing.
    answers = [500, 200]
    await expect(hook()(CALL)).rejects.toThrow('answered 500')
    await hook()(CALL)
    expect(ids().size).toBe(3)
  })

  it('another status is a failure, and its message does not tell the path', async () => {
    // A redirect is not followed: it may lead to where the secret of the header must not go.
    answers = [302]
    await expect(hook()(CALL)).rejects.toThrow('answered 302')
    expect(asked).toHaveLength(1)
    answers = [503]
    const failure = await hook()(CALL).catch((error) => error)
    expect(failure).toBeInstanceOf(HookFailed)
    expect(failure.message).toMatch(/^127\.0\.0\.1:\d+ answered 503$/)
  })

  it('one that does not answer is given up', async () => {
    await expect(hook(200)(CALL)).rejects.toThrow('was not done within 200ms')
    const stop = AbortSignal.timeout(100)
    await expect(hook()({ ...CALL, signal: stop })).rejects.toThrow('was left')
    close()
    await expect(hook()(CALL)).rejects.toThrow('did not answer')
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
