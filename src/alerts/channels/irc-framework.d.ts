/** What Tallyman uses of irc-framework, which has no types of its own. */
declare module 'irc-framework' {
  export interface IrcMessage {
    /** `PRIVMSG`, or a number such as `404`. */
    command: string
    params: string[]
    nick: string
    ident: string
    hostname: string
  }

  interface Middleware {
    use(
      handle: (command: string, message: IrcMessage, line: string, client: Client, next: () => void) => void,
    ): void
  }

  export class Client {
    readonly user: { nick: string }
    readonly connection: { end(line?: string, force?: boolean): void }
    connect(options: object): void
    use(add: (client: Client, raw: Middleware) => void): this
    on(event: 'socket close', listener: (error?: unknown) => void): this
    channel(name: string): { readonly users: readonly { nick: string }[] }
    caseCompare(a: string, b: string): boolean
    changeNick(nick: string): void
    raw(...words: string[]): void
    quit(message: string): void
  }
}
