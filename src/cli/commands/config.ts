import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load.ts'
import { printable } from '../../platform/printable.ts'
import type { AddCommand, Connection } from '../cli.ts'
import { CommandError } from '../command-error.ts'

export const addConfig: AddCommand = (program, { env, print, tryConnections }) => {
  const config = program.command('config').description('Check a configuration.')

  config
    .command('check')
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('<FILE>', 'the configuration, such as tallyman.yaml')
    .option('--connect', 'also try everything that it names: registries, GitLab, channels, store and Redis')
    .action(async (file: string, { connect }: { connect?: true }) => {
      const loaded = await loadConfig(file, env).catch((error) => {
        throw error instanceof ConfigError ? new CommandError(error.message) : error
      })
      print(`${file} is right: ${summaryOf(loaded)}`)
      if (!connect) return
      let [tried, failed] = [0, 0]
      for await (const connection of tryConnections(loaded)) {
        print(lineOf(connection))
        tried++
        if (connection.failure !== undefined) failed++
      }
      if (failed > 0) throw new CommandError(`${failed} of ${tried} failed`)
    })
}

function lineOf({ name, tried, remark, failure }: Connection): string {
  const outcome = failure ?? remark
  return printable(
    `${failure === undefined ? 'ok     ' : 'FAILED '}${name}: ${tried}${outcome === undefined ? '' : `: ${outcome}`}`,
  )
}

function summaryOf(config: Awaited<ReturnType<typeof loadConfig>>): string {
  const { registries, quotas, alerts, promotion, expiry } = config
  return [
    `registries ${Object.keys(registries).length}`,
    `quotas ${quotas.length}`,
    `channels ${alerts.channels.length}`,
    `promotion rules ${promotion.rules.length}`,
    `expiry policies ${expiry.policies.length}${expiry.dryRun ? ' (dry run)' : ''}`,
  ].join(', ')
}
