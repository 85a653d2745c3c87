import { Type, type StaticDecode } from 'typebox'
import { assertionSchema } from './assertion-schema.js'
import { providerSchema } from './provider-schema.js'
import { routeSchema } from './route-schema.js'
import { duration, filled, strict, text } from './schema-parts.js'
import { sessionSchema } from './session-schema.js'

const listenAddress = (example: string, description: string) =>
  Type.String({
    pattern: '^.+:[0-9]{1,5}$',
    title: 'host and port',
    examples: [example],
    description,
  })
const defaultListenAddress = (fallback: string, description: string) =>
  Type.String({ ...listenAddress(fallback, description), default: fallback })

/** The one source of the configuration's types, checks, defaults, JSON Schema and reference page. */
export const configSchema = Type.Object(
  {
    publicUrl: text('What the browser sees; decides cookie names and the redirect URI.'),
    listen: defaultListenAddress('0.0.0.0:4180', 'Where requests arrive.'),
    tls: Type.Optional(
      Type.Object(
        {
          certFile: text('The certificate with its chain (PEM), the certificate first.'),
          keyFile: text('Its private key (PEM).'),
        },
        {
          ...strict,
          description:
            'TLS for `listen`, without an ingress that ends it. Changes of the files take effect without a restart.',
        },
      ),
    ),
    basePath: Type.String({
      pattern: '^(/[A-Za-z0-9._~-]+)+$',
      title: 'a path of plain characters without a slash at its end',
      examples: ['/oauth2'],
      default: '/oauth2',
      description: "Valetkey's own endpoints.",
    }),
    trustedProxies: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'CIDRs whose Forwarded and X-Forwarded-* headers count.',
    }),
    returnToHosts: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'Hosts besides that of publicUrl to which people may return after login and logout.',
    }),
    keepFragment: Type.Boolean({
      default: false,
      description:
        'Whether the fragment of an address (`#part`) survives a login: two short pages with a script take the place of two redirects.',
    }),
    admin: Type.Object(
      {
        listen: defaultListenAddress(
          '127.0.0.1:44180',
          'Where health, readiness, metrics and the list of sessions are served.',
        ),
        token: Type.Optional(
          text(
            'The bearer token for `/sessions`, which nobody may ask without one; better kept in tokenFile. Health and metrics need none.',
          ),
        ),
        tokenFile: Type.Optional(text('A file that holds the bearer token.')),
      },
      filled,
    ),
    forwardAuth: Type.Boolean({
      default: true,
      description:
        'Whether ingresses may ask at `/auth`, `/forward-auth` and `/ext-authz`. Turn it off where Valetkey itself forwards: the answers hold the access token, and a script in a page could ask as well.',
    }),
    extAuthz: Type.Object(
      {
        listen: Type.Optional(
          listenAddress(
            '127.0.0.1:9001',
            "Where Envoy's external authorization over gRPC is served, in plain text; nowhere when absent.",
          ),
        ),
      },
      filled,
    ),
    providers: Type.Array(providerSchema, {
      minItems: 1,
      description: 'The OpenID providers, one or several.',
    }),
    session: sessionSchema,
    assertion: assertionSchema,
    routes: Type.Array(routeSchema, {
      minItems: 1,
      description: 'Where requests go; the first match wins, a request that matches none gets 404.',
    }),
    log: Type.Object(
      {
        level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
          default: 'info',
          description: '`debug` has a line for each request.',
        }),
      },
      filled,
    ),
    shutdown: Type.Object(
      {
        wait: duration({
          default: '5s',
          description: 'Between turning readiness off and closing.',
        }),
        drain: duration({ default: '25s', description: 'How long requests under way may take.' }),
      },
      filled,
    ),
  },
  { ...strict, title: 'Valetkey configuration' },
)

/** The configuration as the program sees it: defaults filled in, durations in milliseconds, secrets read. */
export type Config = StaticDecode<typeof configSchema>
export type TlsConfig = NonNullable<Config['tls']>
export type ProviderConfig = Config['providers'][number]
export type RouteConfig = Config['routes'][number]
/** Which token an upstream gets in the place of the caller's own. */
export type TokenTarget = NonNullable<RouteConfig['forward']['tokenExchange']>
