import { expect, it } from 'vitest'
import { channelUrl } from '../../../src/alerts/channels/channel-url.ts'

it.each(['https://chat.example/hook', 'http://127.0.0.1:8080/hook?a=b'])('accepts %s', (url) => {
  expect(channelUrl('ops', url).href).toBe(url)
})

it.each([
  ['a user', 'https://me@chat.example/hook'],
  ['a password', 'https://:s3cret@chat.example/hook'],
])('refuses a URL with %s', (_, url) => {
  expect(() => channelUrl('ops', url)).toThrow('channel ops: its url must not hold a user or password')
})
