import { Type } from 'typebox'
import { requireSchema } from './require-schema.js'
import { bearerSchema } from './bearer-schema.js'
import { forwardedIdentityFields } from './forwarded-identity-schema.js'
import { duration, filled, strict, text } from './schema-parts.js'
import { tokenExchangeSchema } from './token-exchange-schema.js'
import { upstreamSchema } from './upstream-schema.js'

export const routeSchema = Type.Object(
  {
    match: Type.Object(
      {
        host: Type.Optional(
          text('The host name; any when absent. `*.example.com` matches one or more labels.'),
        ),
        path: Type.String({
          pattern: '^/',
          title: 'a path that begins with "/"',
          examples: ['/app/'],
          default: '/',
          description:
            '`/x/` matches the prefix, `/x` exactly; `*` is one segment, a trailing `**` the rest.',
        }),
        methods: Type.Optional(
          Type.Array(
            Type.String({ pattern: '^[A-Z-]+$', title: 'a method in capitals', examples: ['GET'] }),
            {
              minItems: 1,
              description: 'Any when absent.',
            },
          ),
        ),
      },
      filled,
    ),
    auth: Type.Enum(['required', 'optional', 'public'], {
      default: 'required',
      description: '`optional` forwards with or without a session; `public` never looks at one.',
    }),
    providers: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'The ids of the providers with which people sign in for this route; any when absent. A session of another provider gets 403 with the choice.',
      }),
    ),
    bearer: Type.Optional(bearerSchema),
    require: Type.Optional(requireSchema),
    upstream: upstreamSchema,
    forward: Type.Object(
      {
        accessToken: Type.Enum(['bearer', 'header', 'none'], {
          default: 'bearer',
          description: '`bearer` sends Authorization, `header` X-Forwarded-Access-Token.',
        }),
        tokenExchange: Type.Optional(tokenExchangeSchema),
        ...forwardedIdentityFields,
        host: Type.String({
          default: 'keep',
          minLength: 1,
          description:
            'The Host that the application gets: `keep` that of the client, `upstream` that of its own URL, or a name. X-Forwarded-Host tells that of the client in any case.',
        }),
        stripPrefix: Type.Optional(
          Type.String({
            pattern: '^(/[A-Za-z0-9._~-]+)+$',
            title: 'a path of plain characters without a slash at its end',
            examples: ['/app'],
            description:
              'What is taken off the beginning of the path; `match.path` must begin with it. X-Forwarded-Prefix tells it to the application.',
          }),
        ),
        clientAuthorization: Type.Enum(['strip', 'pass'], {
          default: 'strip',
          description: 'What happens to the Authorization header that the client sent.',
        }),
      },
      filled,
    ),
    maxBodyBytes: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'How long the body of a request may be, in bytes; a longer one gets 413. No limit by default.',
      }),
    ),
    crossOrigin: Type.Object(
      {
        origins: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description:
            "Origins whose pages may act with the session here: send what is not GET, HEAD or OPTIONS, open WebSockets, and read Valetkey's problem details. `https://*.example.com` stands for every sub-domain, `*` for everybody's pages.",
        }),
        preflight: Type.Enum(['refuse', 'pass'], {
          default: 'refuse',
          description:
            'Whether CORS preflights of these origins reach the upstream, without a session and without identity headers.',
        }),
      },
      filled,
    ),
    keepForms: Type.Boolean({
      default: false,
      description:
        'Keep a form of at most 64 KB that arrives without a session, sealed and for ten minutes, and have the browser send it after the login.',
    }),
    timeouts: Type.Object(
      {
        connect: duration({ default: '5s', description: 'To open a connection to the upstream.' }),
        response: duration({ default: '60s', description: 'Until the response headers arrive.' }),
        idle: duration({ default: '5m', description: 'Between two pieces of a body.' }),
      },
      filled,
    ),
  },
  { ...strict, description: 'A route.' },
)
