import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'

/** Whether Debian's Alertmanager is on the path. `scripts/setup.sh --for-tests` installs it. */
export const hasAlertmanager = spawnSync('prometheus-alertmanager', ['--version']).status === 0

export interface LabAlert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  generatorURL: string
}

/** A real Alertmanager on a free loopback port. It notifies a webhook at once. */
export async function startAlertmanager(webhook: string) {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-alertmanager-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const route = {
    receiver: 'hook',
    group_by: ['...'],
    group_wait: '0s',
    group_interval: '1s',
    repeat_interval: '1h',
  }
  const receivers = [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }]
  // JSON is YAML.
  await writeFile(join(folder, 'config.yml'), JSON.stringify({ route, receivers }))
  const server = await startProcess({
    command: 'prometheus-alertmanager',
    args: [
      ...[`--config.file=${join(folder, 'config.yml')}`, `--storage.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
    ],
    logFile: join(folder, 'log'),
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  })
  return {
    url,
    /** The alerts that fire. */
    async active(): Promise<LabAlert[]> {
      const answer = await fetch(`${url}/api/v2/alerts?active=true`)
      return (await answer.json()) as LabAlert[]
    },
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
