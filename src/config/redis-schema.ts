import { Type } from 'typebox'
import { duration, strict, text } from './schema-parts.js'

const address = (fallbackPort: number) =>
  Type.String({
    pattern: '^.+:[0-9]{1,5}$',
    title: 'host and port',
    examples: [`redis-0.example.com:${fallbackPort}`],
  })

const sentinelSchema = Type.Object(
  {
    name: text('What the Sentinels call the primary.'),
    nodes: Type.Array(address(26379), { minItems: 1, description: 'The Sentinels, as host:port.' }),
    username: Type.Optional(text('The user at the Sentinels, if they ask for one.')),
    password: Type.Optional(text('The password at the Sentinels; better kept in passwordFile.')),
    passwordFile: Type.Optional(text('A file that holds the password at the Sentinels.')),
  },
  { ...strict, description: 'The primary that Sentinels name, and its successors.' },
)

const tlsSchema = Type.Object(
  {
    caFile: Type.Optional(text("The authorities (PEM) to trust instead of the system's.")),
    certFile: Type.Optional(text('The client certificate (PEM), with keyFile.')),
    keyFile: Type.Optional(text("The client certificate's private key (PEM).")),
    serverName: Type.Optional(
      text("The name in the servers' certificates, where they are reached by another."),
    ),
  },
  {
    ...strict,
    description:
      'Present, even empty, it means TLS to all nodes and Sentinels; a `url` says rediss:// besides. The files are read at each connection.',
  },
)

/** Where Redis is: one of `url`, `sentinel` and `cluster`. */
export const redisSchema = Type.Object(
  {
    url: Type.Optional(
      text(
        'redis://host:6379, rediss:// for TLS, or unix:///path/to/socket; may carry user, password and database.',
      ),
    ),
    sentinel: Type.Optional(sentinelSchema),
    cluster: Type.Optional(
      Type.Array(address(6379), {
        minItems: 1,
        description: 'Some nodes of a Redis Cluster, as host:port; they tell of the others.',
      }),
    ),
    username: Type.Optional(text('The ACL user.')),
    usernameFile: Type.Optional(text('A file that holds the ACL user, read at each connection.')),
    password: Type.Optional(text('The password; better kept in passwordFile.')),
    passwordFile: Type.Optional(text('A file that holds the password, read at each connection.')),
    database: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'The number of the database; a cluster has 0 only.',
      }),
    ),
    tls: Type.Optional(tlsSchema),
    keyPrefix: Type.String({ default: 'valetkey:', description: 'Stands before every key.' }),
    commandTimeout: duration({
      default: '1s',
      description:
        'How long a connection may be silent that owes an answer: then it counts as lost, and what waits fails. While answers to other commands arrive, one waits ten times as long.',
    }),
  },
  {
    ...strict,
    description: 'Where sessions are kept: one of `url`, `sentinel` and `cluster`.',
  },
)
