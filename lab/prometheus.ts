import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'

/** Whether Debian's Prometheus is on the path, which brings promtool. `scripts/setup.sh --for-tests` installs it. */
export const hasPrometheus = ['prometheus', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
)

/** The name of a test that needs Prometheus: if it is missing, the name of the skipped test says so. */
export const withPrometheus = (name: string): string =>
  hasPrometheus
    ? name
    : `${name} (skipped: prometheus and promtool are missing; scripts/setup.sh --for-tests)`

/** Runs promtool. Gives its status, and all that it has written. */
export function promtool(args: readonly string[], input?: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}`.trim() }
}

export interface Series {
  metric: Record<string, string>
  /** Epoch seconds, and the value as text. */
  value: [number, string]
}

/** A real Prometheus on a free loopback port. It scrapes these targets, `host:port`, each second. */
export async function startPrometheus(targets: Record<string, readonly string[]>) {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-prometheus-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    scrape_configs: Object.entries(targets).map(([job_name, hosts]) => ({
      job_name,
      static_configs: [{ targets: hosts }],
    })),
  }
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const server = await startProcess({
    command: 'prometheus',
    args: [
      ...[`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    logFile: join(folder, 'log'),
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  })
  return {
    url,
    /** Evaluates an expression now. @throws what Prometheus says is wrong with it */
    async query(expression: string): Promise<Series[]> {
      const answer = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      })
      const told = (await answer.json()) as { error?: string; data?: { result: Series[] } }
      if (told.data === undefined) throw new Error(`${expression}: ${told.error}`)
      return told.data.result
    },
    /** The values that a label has. */
    async labelValues(label: string, match: string): Promise<string[]> {
      const answer = await fetch(
        `${url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': match })}`,
      )
      return ((await answer.json()) as { data: string[] }).data
    },
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
