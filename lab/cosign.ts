import { execFile, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { boundToUs } from './bound.ts'

const run = promisify(execFile)

/** Whether cosign 3 is on the path. `lab/debian-tools.sh DIR cosign` fetches it from Debian unstable. */
export const hasCosign = /^GoVersion/m.test(
  spawnSync('cosign', ['version'], { encoding: 'utf8' }).stdout ?? '',
)

/** How a signature is kept: a bundle that refers to the image, as cosign 3 does by default, or the tag `sha256-….sig`. */
export type CosignForm = 'bundle' | 'simple signing'

const ENV = { ...process.env, COSIGN_PASSWORD: '', COSIGN_YES: 'true' }

const cosign = (folder: string, ...args: string[]) =>
  run(...boundToUs('cosign', args), { cwd: folder, env: ENV })

/** No log is asked, so nothing goes over the network. */
const offline = (form: CosignForm) => [
  ...['--use-signing-config=false', '--tlog-upload=false', '--allow-insecure-registry'],
  `--new-bundle-format=${form === 'bundle'}`,
]

/** Makes the keys `name.key` and `name.pub` in a folder. Gives the public key in PEM. */
export async function makeCosignKeys(
  folder: string,
  name: string,
  type: 'ecdsa' | 'ed25519',
): Promise<string> {
  if (type === 'ecdsa') await cosign(folder, 'generate-key-pair', '--output-key-prefix', name)
  else {
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(join(folder, 'own.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await cosign(folder, 'import-key-pair', '--key', 'own.pem', '--output-key-prefix', name)
  }
  return readFile(join(folder, `${name}.pub`), 'utf8')
}

/** Signs `host/repository@digest` with `name.key`. `recursive`: an index with all that it lists. */
export const cosignSign = (
  folder: string,
  name: string,
  image: string,
  { form, recursive = false }: { form: CosignForm; recursive?: boolean },
) => cosign(folder, 'sign', '--key', `${name}.key`, `--recursive=${recursive}`, ...offline(form), image)

/** Attaches a signed SBOM of nothing. */
export async function cosignAttest(
  folder: string,
  name: string,
  image: string,
  form: CosignForm = 'bundle',
): Promise<void> {
  await writeFile(join(folder, 'bom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1}')
  const what = ['--type', 'cyclonedx', '--predicate', 'bom.json']
  await cosign(folder, 'attest', '--key', `${name}.key`, ...what, ...offline(form), image)
}

/** Whether cosign finds a signature of the image by `name.pub`. */
export const cosignVerify = (
  folder: string,
  name: string,
  image: string,
  form: CosignForm,
): Promise<boolean> => verify(folder, ['verify'], name, image, form)

/** Whether cosign finds such a signed SBOM of the image. */
export const cosignVerifyAttestation = (
  folder: string,
  name: string,
  image: string,
  form: CosignForm,
): Promise<boolean> => verify(folder, ['verify-attestation', '--type', 'cyclonedx'], name, image, form)

const verify = (folder: string, command: string[], name: string, image: string, form: CosignForm) =>
  cosign(
    folder,
    ...[...command, '--key', `${name}.pub`, '--insecure-ignore-tlog=true', '--allow-insecure-registry'],
    ...[`--new-bundle-format=${form === 'bundle'}`, image],
  ).then(
    () => true,
    () => false,
  )
