import { once } from 'node:events'
import { styleText } from 'node:util'
import { onStopSignal } from '../src/platform/stop-signals.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { makeApi } from './api.ts'
import { report } from './report.ts'
import { type Stage, setStage } from './stage.ts'
import { play } from './story.ts'

/**
 * `npm run demo` plays the story and keeps running, so that people can look around. With `-- --once` it ends by itself:
 * with status 0 only if everything happened, and with a summary as its last line, one JSON object.
 */
const [option, ...others] = process.argv.slice(2)
if (others.length > 0 || (option !== undefined && option !== '--once')) {
  process.stderr.write(`unknown option ${[option, ...others].join(' ')}: expected --once or nothing\n`)
  process.exit(2)
}
const stayUp = option !== '--once'
const began = Date.now()
const print = (line: string) => void process.stdout.write(`${line}\n`)
const say = (line: string) => print(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`)

/** The status of a story that was interrupted, as a shell reports a Ctrl-C. */
const INTERRUPTED = 130

/** Ctrl-C, or nobody who reads any more (`| head`), stops everything that was started and removes its folders, at any time. */
const stopping = new AbortController()
const { signal } = stopping
const stopped = once(signal, 'abort')
onStopSignal(() => stopping.abort())
process.stdout.on('error', () => stopping.abort())

let stage: Stage | undefined
try {
  print('\nStarting:')
  stage = await setStage(say, (room, text) => say(styleText('bold', `${room}  ${text}`)), signal)
  const api = makeApi(stage.url, { read: stage.readToken, admin: stage.adminToken })
  const ciClient = makeRegistryClient({ name: 'ci', url: stage.ci.url })
  const productionClient = makeRegistryClient({ name: 'production', url: stage.production.url })
  const story = play({
    ci: stage.ci,
    ciClient,
    productionClient,
    signer: stage.signer,
    api,
    past: stage.past,
    act: (title) => print(`\n${title}`),
    say,
  })
  await Promise.race([story, stopped])
  signal.throwIfAborted()
  const told = await story
  const { tables, missing, summary } = await report({
    api,
    chat: stage.chat,
    ciClient,
    productionClient,
    told,
  })
  print(`\n${tables}\n`)
  for (const check of missing) print(`DID NOT HAPPEN: ${check}`)
  if (missing.length > 0) process.exitCode = 1
  if (stayUp) {
    const auth = `-H 'Authorization: Bearer ${stage.readToken}'`
    print(`Still running; Ctrl-C ends it. Have a look:
  ${stage.url}   the dashboard; log in with ${stage.adminToken}
  curl -s ${auth} ${stage.url}/v1/projects
  curl -s ${auth} '${stage.url}/v1/expiry/plan'
  ${stage.url}/docs
  ${stage.chat.slackUrl}
  skopeo copy --src-tls-verify=false docker://${stage.production.host}/released/shop/api:v1.0.0 dir:somewhere`)
    await stopped
  } else {
    print(JSON.stringify(summary))
  }
} catch (error) {
  process.exitCode = signal.aborted ? INTERRUPTED : 1
  if (!signal.aborted) {
    print(`\nThe story failed: ${error instanceof Error ? error.message : String(error)}`)
    if (stage) print(`What Tallyman logged:\n${stage.tallyman.output()}`)
  }
} finally {
  await stage?.close()
}
// An interrupted story still waits for what no longer comes.
process.exit()
