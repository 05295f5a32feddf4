import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atOurDeath } from './bound.ts'
import { type LabRegistryOptions, startRegistry } from './registry.ts'
import { eventually } from './tallyman.ts'

const SCRIPT = join(import.meta.dirname, 'hooked-registry.sh')
const run = promisify(execFile)

type HookName = 'readOnlyOn' | 'collect' | 'flushCache' | 'readOnlyOff'

/** A real registry with the hooks of a collection: a script that starts it again as read-only, and runs its collector. */
export async function startHookedRegistry(options: LabRegistryOptions = {}) {
  // Its configuration and its folder are those of any registry of the lab.
  const registry = await startRegistry(options)
  const { folder, url } = registry
  await registry.process.stop()
  const config = await readFile(join(folder, 'config.yml'), 'utf8')
  const readOnly = config.replace('maintenance: {', 'maintenance: {readonly: {enabled: true}, ')
  if (readOnly === config) throw new Error('the configuration of the lab has no maintenance any more')
  await writeFile(join(folder, 'read-only.yml'), readOnly)
  const hook = (name: string) => ({ command: [SCRIPT, folder, name] })
  const call = (name: string) => run(SCRIPT, [folder, name])
  const isUp = async () => {
    const answer = await fetch(`${url}/v2/`)
    await answer.body?.cancel()
    return answer.ok
  }
  // The hooks start it in a session of its own, as an init system would, so nothing else ends it with us.
  const stop = atOurDeath('"$1" "$2" stop', SCRIPT, folder)
  await call('readOnlyOff')
  await eventually(isUp, (up) => up)
  await rm(join(folder, 'hooks.log'))

  return {
    ...{ url, folder, storage: registry.storage, host: registry.host },
    hooks: {
      readOnlyOn: hook('readOnlyOn'),
      collect: hook('collect'),
      flushCache: hook('flushCache'),
      readOnlyOff: hook('readOnlyOff'),
    },
    /** The hooks that were called, in their order. */
    called: async (): Promise<string[]> =>
      existsSync(join(folder, 'hooks.log'))
        ? (await readFile(join(folder, 'hooks.log'), 'utf8')).trim().split('\n')
        : [],
    /** From now on a hook does so; `slow` takes seconds. */
    let: (name: HookName, how: 'fail' | 'hang' | 'slow', seconds = '') =>
      writeFile(join(folder, `${how}-${name}`), seconds),
    letAgain: (name: HookName, how: 'fail' | 'hang' | 'slow') =>
      rm(join(folder, `${how}-${name}`), { force: true }),
    /** Whether a client may begin to push; undefined while it is down. */
    async takesPushes(): Promise<boolean | undefined> {
      try {
        const answer = await fetch(`${url}/v2/probe/blobs/uploads/`, { method: 'POST' })
        await answer.body?.cancel()
        return answer.status === 202
      } catch {
        return undefined
      }
    },
    async close() {
      await stop.execute()
      await registry.close()
    },
  }
}
export type HookedRegistry = Awaited<ReturnType<typeof startHookedRegistry>>
