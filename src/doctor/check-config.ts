import type { Config } from '../config/schema.ts'
import { configWarnings } from './config-warnings.ts'
import type { Check, Found } from './finding.ts'

/** Looks at what is right in a configuration and may still surprise. */
export const checkConfig = (config: Config): Check => ({
  name: 'configuration',
  async run() {
    const found = configWarnings(config).map((what): Found => ({ level: 'warning', what }))
    if (config.server.publicUrl === undefined && config.alerts.channels.length > 0)
      found.push({
        ...{ level: 'note', what: 'server.publicUrl is not set' },
        why: 'alerts have no links',
        fix: 'set server.publicUrl to the address under which people reach this service',
      })
    if (Object.values(config.registries).every(({ token }) => token === undefined))
      found.push({
        ...{ level: 'warning', what: 'no registry has a token' },
        why: 'no registry can send notifications, so nothing is counted between reconciles',
        fix: 'set registries.<name>.tokenFile, and put this token into the notifications of the registry',
      })
    return found.length > 0 ? found : [{ level: 'ok', what: 'it is right' }]
  },
})
