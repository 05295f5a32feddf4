import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPolicies, readPolicyFile } from '../../src/cli/policy-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-policy-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(text: string): Promise<string> {
  const file = join(folder, 'policy.yaml')
  await writeFile(file, text)
  return file
}

test('a file has one policy, or a list of them as in expiry.policies', async () => {
  expect(await readPolicies(await fileOf('name: a'))).toEqual([{ name: 'a' }])
  expect(await readPolicies(await fileOf('- name: a\n- name: b'))).toEqual([{ name: 'a' }, { name: 'b' }])
})

test('a documentFile of a policy in a list is beside the file, too', async () => {
  await writeFile(join(folder, 'doc.json'), '{"rules":[]}')
  expect(await readPolicies(await fileOf('- name: a\n  documentFile: doc.json'))).toEqual([
    { name: 'a', document: { rules: [] } },
  ])
})

test('where one policy is wanted, a list of one will do; another is refused with what is expected', async () => {
  expect(await readPolicyFile(await fileOf('- name: a'))).toEqual({ name: 'a' })
  const file = await fileOf('- name: a\n- name: b')
  await expect(readPolicyFile(file)).rejects.toThrow(`${file}: expected one policy, got a list of 2`)
  await expect(readPolicies(await fileOf('[]'))).rejects.toThrow(
    `${file}: expected a policy, got an empty list`,
  )
})
