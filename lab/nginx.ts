import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from './process.ts'

/** Debian has it outside the path of users. */
const COMMAND = spawnSync('nginx', ['-v']).status === 0 ? 'nginx' : '/usr/sbin/nginx'

/** Whether nginx is installed. `scripts/setup.sh --with-servers` installs it. */
export const hasNginx = spawnSync(COMMAND, ['-v']).status === 0

/** A real nginx. `servers` is the content of the block `http`; it listens at `url`. */
export async function startNginx({ servers, url }: { servers: string; url: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-nginx-'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const config = [
    // The user of the workers, if the master is root: they write into the folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    ...['daemon off;', 'worker_processes 1;', `pid ${join(folder, 'pid')};`, 'error_log stderr;'],
    ...['events {}', 'http {', 'access_log off;'],
    ...paths.map((name) => `${name}_temp_path ${join(folder, name)};`),
    ...[servers, '}'],
  ]
  await writeFile(join(folder, 'nginx.conf'), `${config.join('\n')}\n`)
  const server = await startProcess({
    command: COMMAND,
    args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    logFile: join(folder, 'log'),
    ready: async () => {
      const answer = await fetch(url)
      await answer.body?.cancel()
      return true
    },
    // It stops its workers then.
    deathSignal: 'SIGTERM',
  })
  return {
    output: server.output,
    async close() {
      await server.stop('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
