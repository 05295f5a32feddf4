import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabCertificates, makeCertificates } from '../../lab/certificates.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

describe('certificates of a registry', () => {
  let certificates: LabCertificates
  let files: Record<string, string>
  beforeAll(async () => {
    certificates = await makeCertificates()
    const { ca, client, server } = certificates
    const paths = { ca, cert: client.cert, key: client.key, other: server.key }
    const read = Object.entries(paths).map(async ([name, path]) => [name, await readFile(path, 'utf8')])
    files = { ...Object.fromEntries(await Promise.all(read)), text: 'no PEM', broken: BROKEN }
  })
  afterAll(() => certificates.close())

  const BROKEN = '-----BEGIN CERTIFICATE-----\nbm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n'
  const withKeys = (keys: string) => minimal.replace('.com }', `.com, ${keys} }`)

  test('are read from files relative to the configuration', async () => {
    const { registries } = await loadYaml(
      withKeys('caFile: ca, certFile: cert, keyFile: key'),
      {},
      { ...files, ca: `# ours\n${files.ca}${files.cert}` },
    )
    expect(registries.ci?.ca).toContain('BEGIN CERTIFICATE')
    expect([registries.ci?.cert, registries.ci?.key]).toEqual([files.cert?.trimEnd(), files.key?.trimEnd()])
  })

  test.each([
    ['caFile: absent', 'caFile: cannot read absent: no such file or directory'],
    ['caFile: text', 'caFile: expected certificates in PEM, -----BEGIN CERTIFICATE-----'],
    ['caFile: broken', 'caFile: expected certificates in PEM, -----BEGIN CERTIFICATE-----'],
    ['caFile: key', 'caFile: expected certificates in PEM, -----BEGIN CERTIFICATE-----'],
    ['certFile: cert, keyFile: cert', 'keyFile: expected a private key in PEM without a password'],
    ['certFile: cert', 'expected both certFile and keyFile, or neither'],
    ['keyFile: key', 'expected both certFile and keyFile, or neither'],
    ['certFile: cert, keyFile: other', 'expected in keyFile the key of the certificate in certFile'],
  ])('%s: %s', async (keys, problem) => {
    expect(await problemsOf(withKeys(keys), {}, files)).toEqual([expect.stringContaining(problem)])
  })
})

describe('the proxy', () => {
  const proxyOf = async (yaml: string, env: NodeJS.ProcessEnv) => (await loadYaml(minimal + yaml, env)).proxy

  test('is the one of the configuration', async () => {
    const url = 'http://ann:secret@proxy.example.com:3128'
    const over = { http: url, https: url }
    expect(await proxyOf(`proxy: { url: '${url}' }`, {})).toEqual({ ...over, except: [] })
    const env = { HTTPS_PROXY: 'http://another', NO_PROXY: 'a' }
    expect(await proxyOf(`proxy: { url: '${url}', except: [b, 'c:5000'] }`, env)).toEqual({
      ...over,
      except: ['b', 'c:5000'],
    })
  })

  test.each<[NodeJS.ProcessEnv, object | undefined]>([
    [{}, undefined],
    [{ HTTP_PROXY: '', NO_PROXY: 'a' }, undefined],
    [{ HTTPS_PROXY: 'http://a:1' }, { https: 'http://a:1', except: [] }],
    [{ HTTP_PROXY: 'a:1' }, { http: 'http://a:1', https: 'http://a:1', except: [] }],
    [
      { http_proxy: 'http://a', HTTP_PROXY: 'http://b', https_proxy: 'https://c', no_proxy: 'd, .e f:1' },
      { http: 'http://a', https: 'https://c', except: ['d', '.e', 'f:1'] },
    ],
  ])('is that of the environment if the configuration names none: %j', async (env, proxy) => {
    expect(await proxyOf('', env)).toEqual(proxy)
  })

  test.each(['socks5://ann:secret@a:1', 'http://', '://secret'])('%s is no proxy', async (url) => {
    expect(await problemsOf(minimal, { HTTPS_PROXY: url })).toEqual([
      'HTTPS_PROXY: expected the URL of an http or https proxy',
    ])
    expect(await problemsOf(`${minimal}proxy: { url: '${url}' }`)).toEqual([
      'tallyman.yaml:6:10: proxy.url: expected an http or https URL',
    ])
  })
})
