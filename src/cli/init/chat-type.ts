/** The chats that need nothing but a webhook. */
export const CHAT_TYPES = ['slack', 'mattermost', 'discord', 'teams', 'google-chat'] as const
export type ChannelType = (typeof CHAT_TYPES)[number]

const BY_URL: readonly [url: RegExp, type: ChannelType][] = [
  [/^https:\/\/hooks\.slack\.com\//, 'slack'],
  [/^https:\/\/(\w+\.)?discord(app)?\.com\/api\/webhooks\//, 'discord'],
  [/^https:\/\/[^/]+\.(logic\.azure\.com|api\.powerplatform\.com|webhook\.office\.com)(:\d+)?\//, 'teams'],
  [/^https:\/\/chat\.googleapis\.com\//, 'google-chat'],
  // Mattermost runs anywhere. Its webhooks end so.
  [/\/hooks\/\w+$/, 'mattermost'],
]

/** Which chat has a webhook with this URL; `undefined` if that cannot be told. */
export const chatTypeOf = (url: string): ChannelType | undefined =>
  BY_URL.find(([known]) => known.test(url))?.[1]
