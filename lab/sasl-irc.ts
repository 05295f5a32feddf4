import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/**
 * A server of IRC that wants a login by SASL PLAIN (https://ircv3.net/specs/extensions/sasl-3.1), which ngircd does not know.
 * It keeps the lines that it gets.
 */
export async function startSaslIrc(login: { account: string; password: string }) {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const right = Buffer.from(`${login.account}\0${login.account}\0${login.password}`).toString('base64')
  const server = createServer((socket) => {
    sockets.add(socket)
    let [rest, nick, isLoggedIn] = ['', '*', false]
    const send = (line: string) => socket.write(`:irc.lab.example ${line}\r\n`)
    const answer = (line: string) => {
      received.push(line)
      const [command = '', first = '', ...others] = line.split(' ')
      if (command === 'CAP' && first === 'LS') send(`CAP * LS :sasl=PLAIN`)
      if (command === 'CAP' && first === 'REQ') send(`CAP * ACK ${others.join(' ')}`)
      if (command === 'NICK') nick = first
      if (command === 'AUTHENTICATE' && first === 'PLAIN') socket.write('AUTHENTICATE +\r\n')
      else if (command === 'AUTHENTICATE') {
        isLoggedIn = first === right
        if (isLoggedIn) send(`900 ${nick} ${nick}!t@lab ${login.account} :You are now logged in`)
        send(
          isLoggedIn
            ? `903 ${nick} :SASL authentication successful`
            : `904 ${nick} :SASL authentication failed`,
        )
      }
      if (command === 'CAP' && first === 'END') send(`001 ${nick} :Welcome`)
      if (command === 'JOIN')
        socket.write(`:${nick}!t@lab JOIN ${first}\r\n:irc.lab.example 366 ${nick} ${first} :End\r\n`)
      if (command === 'PING') send(`PONG irc.lab.example ${first}`)
      if (command === 'QUIT') socket.end('ERROR :Closing connection\r\n')
    }
    socket.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\r\n')
      rest = lines.pop() ?? ''
      lines.forEach(answer)
    })
    socket.on('error', () => undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
