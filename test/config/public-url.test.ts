import { expect, test } from 'vitest'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const withUrl = (url: string) => minimal.replace('server:\n', `server:\n  publicUrl: ${url}\n`)

test('the public URL is absolute, over http or https, and may have a path; a slash at its end means nothing', async () => {
  for (const url of ['https://tallyman.example.com', 'http://10.0.0.1:8080/tallyman'])
    for (const slash of ['', '/']) expect((await loadYaml(withUrl(url + slash))).server.publicUrl).toBe(url)
  expect((await loadYaml(minimal)).server.publicUrl).toBeUndefined()
})

test.each([
  'tallyman.example.com',
  '/tallyman',
  'ftp://tallyman.example.com',
  'https://me:secret@tallyman.example.com',
  'https://tallyman.example.com/#top',
  'https://tallyman.example.com/?a=b',
])('%s is no public URL', async (url) => {
  expect(await problemsOf(withUrl(`"${url}"`))).toEqual([
    expect.stringContaining(
      'server.publicUrl: expected an http or https URL without credentials, query and fragment',
    ),
  ])
})
