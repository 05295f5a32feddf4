import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'

export const configCheck: Command = {
  words: 'config check',
  args: ['FILE'],
  flags: [],
  summary: 'read a configuration and name everything that is wrong with it',
  async run({ args: [path = ''], env, say }) {
    const config = await loadConfig(path, env).catch((error) => {
      throw error instanceof ConfigError ? new CommandError(error.message) : error
    })
    const { registries, quotas, alerts, promotion, expiry } = config
    const counts = [
      `registries ${Object.keys(registries).length}`,
      `quotas ${quotas.length}`,
      `channels ${alerts.channels.length}`,
      `promotion rules ${promotion.rules.length}`,
      `expiry policies ${expiry.policies.length}${expiry.dryRun ? ' (dry run)' : ''}`,
    ]
    say(`${path} is right: ${counts.join(', ')}`)
  },
}
