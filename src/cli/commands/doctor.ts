import { Type } from 'typebox'
import { ConfigError } from '../../config/config-error.ts'
import { warnOfExposedSecrets } from '../../config/exposed-secrets.ts'
import { loadConfig } from '../../config/load.ts'
import { Finding } from '../../doctor/finding.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { ExitStatus } from '../exit-status.ts'
import { findingLines } from '../finding-lines.ts'
import { followJob } from '../follow-job.ts'
import { columns } from '../output/columns.ts'
import { LONG_MS, type Service } from '../service.ts'

const Findings = Type.Object({ findings: Type.Array(Finding) })

const COLUMNS = columns<Finding>('level', 'check', 'what', 'why', 'fix')

export const addDoctor: AddCommand = (program, cli) => {
  withColumns(program.command('doctor'), COLUMNS)
    .description(
      'Tell what is wrong with an installation, and what to do about it. Status 1 if something is.',
    )
    .option('--send', 'also send a harmless message to each channel of alerts')
    .action(async ({ send }: { send?: true }) => {
      const isRemote = Boolean(program.opts<{ url?: string }>().url ?? cli.env.TALLYMAN_URL)
      const findings = isRemote ? await remote(cli, { send }) : await beside(cli, { send })
      const ok = findings.every(({ level }) => level !== 'error')
      await cli.show({
        value: { ok, findings },
        rows: findings,
        columns: COLUMNS,
        lines: findingLines(findings),
      })
      if (!ok) throw new ExitStatus(1)
    })
}

/** What a running service finds. @throws CommandError if it does not answer */
async function remote(cli: Cli, { send }: { send?: true | undefined }): Promise<Finding[]> {
  const service = await cli.service()
  const { findings } = await service.get('/v1/doctor', Findings, LONG_MS)
  return send ? [...findings, ...(await sendToAll(cli, service, findings))] : findings
}

/**
 * What there is to find beside the configuration. The service at its address knows most. If it does not answer, everything is
 * tried from here.
 */
async function beside(cli: Cli, options: { send?: true | undefined }): Promise<Finding[]> {
  const file = cli.env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const config = await loadConfig(file, cli.env).catch((error) => {
    if (error instanceof ConfigError) return error
    throw error
  })
  if (config instanceof ConfigError) {
    const wrong = config.message.split('\n').map(
      (what): Finding => ({
        ...{ check: 'configuration', level: 'error', what, why: 'a start ends at once' },
        fix: `correct it; tallyman config check ${file} tells whether it is right`,
      }),
    )
    // The service may run with an older configuration, and its address may be right.
    return [...wrong, ...(await remote(cli, options).catch(() => []))]
  }
  const exposed = await exposedSecrets(file)
  try {
    return [...exposed, ...(await remote(cli, options))]
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const [what = '', ...more] = error.message.split('\n')
    const isAway: Finding = {
      ...{ check: 'service', level: 'error', what },
      fix: more.join(' ') || 'start it: tallyman start; its log says why if it ends at once',
    }
    return [...exposed, isAway, ...(await cli.diagnose(config))]
  }
}

async function exposedSecrets(file: string): Promise<Finding[]> {
  const warning = await warnOfExposedSecrets(file)
  if (warning === undefined) return []
  const [what = '', fix = ''] = warning.split(/: (?=run chmod)/)
  return [{ check: 'secrets', level: 'warning', what, fix }]
}

/** Sends a test to each channel that was found. */
async function sendToAll(cli: Cli, service: Service, findings: readonly Finding[]): Promise<Finding[]> {
  const names = findings.flatMap(({ check }) => /^channel (.+)$/.exec(check)?.[1] ?? [])
  const sent: Finding[] = []
  for (const name of names) {
    const check = `message to ${name}`
    try {
      const asked = await service.post(`/v1/alerts/channels/${encodeURIComponent(name)}/test`, {}, JobAsked)
      await followJob(service, cli, asked, Type.Unknown())
      sent.push({ check, level: 'ok', what: 'the channel accepted a message' })
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      const fix = `correct the channel ${name} in alerts.channels (docs/alerts.md, Channels)`
      sent.push({ check, level: 'error', what: error.message.replaceAll('\n', ' '), fix })
    }
  }
  return sent
}
