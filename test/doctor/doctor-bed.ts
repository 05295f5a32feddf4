import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../../lab/ports.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { tallyman } from '../cli/cli-bed.ts'

export const TOKENS = { readToken: 'read-token-of-tests', adminToken: 'admin-token-of-tests' }

/** Runs `tallyman doctor` beside a configuration of whose service nothing runs. */
export async function startDoctorBed() {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-doctor-'))
  const file = join(folder, 'tallyman.yaml')
  const port = await freePort()
  return {
    folder,
    file,
    async doctor(config: object) {
      await writeFile(file, stringify({ server: { ...TOKENS, port }, dataDir: folder, ...config }), {
        mode: 0o600,
      })
      const { status, out, err } = await tallyman({ TALLYMAN_CONFIG: file }, 'doctor', '--output', 'json')
      return { status, err, ...findingsOf(out) }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What `doctor --output json` found, and the findings that are not in order. */
export function findingsOf(out: string) {
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] }
  return { ok, findings, wrong: findings.filter(({ level }) => level !== 'ok') }
}
