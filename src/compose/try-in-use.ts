import type { Config } from '../config/schema.ts'
import { makeFindRegistries } from '../expiry/in-use/find-registries.ts'
import { makeReadSource } from '../expiry/in-use/read-source.ts'
import type { InUseSource } from '../expiry/in-use/source.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import { parseImageReference } from '../registry/image-reference.ts'
import type { Attempt } from './attempt.ts'
import { reachedRegistries } from './registry-client.ts'

/** Reads each source of `expiry.inUse`. */
export const inUseAttempts = (config: Config): Attempt[] =>
  config.expiry.inUse.map((source) => ({
    name: `images in use by ${source.name}`,
    tried: howOf(source),
    fix: `correct ${source.name} in expiry.inUse (docs/expiry.md, Images in use): while it cannot be read, nothing is deleted`,
    async act() {
      const dispatcher = makeDispatcher({ proxy: config.proxy })
      const found = await makeReadSource({ dispatcher })(source).finally(() => dispatcher.close())
      const { byHost, byNameOrHost } = makeFindRegistries(reachedRegistries(config))
      const find = found.form === 'host' ? byHost : byNameOrHost
      const names = [...new Set(found.names)]
      const ours = names.filter((name) => {
        const named = parseImageReference(name)
        return named !== undefined && find(named).length > 0
      })
      return `${names.length} names, ${ours.length} of them at registries of this configuration`
    },
  }))

/** A URL and arguments may have secrets. */
function howOf({ url, file, command, folder, kubernetes }: InUseSource): string {
  if (url !== undefined) return `GET at ${new URL(url).origin}`
  if (file !== undefined) return `read the file ${file}`
  if (folder !== undefined) return `read the folder ${folder}`
  if (kubernetes !== undefined) return 'list pods and what makes pods'
  return `run ${command?.[0]}`
}
