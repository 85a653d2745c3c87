import { Type } from 'typebox'
import { duration, filled, strict, text } from './schema-parts.js'

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
    require: Type.Optional(
      Type.Object(
        {
          groups: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'One of these groups.',
            }),
          ),
          emails: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'One of these verified addresses.',
            }),
          ),
          emailDomains: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'A verified address in one of these domains.',
            }),
          ),
          claims: Type.Optional(
            Type.Record(Type.String(), Type.Array(Type.String(), { minItems: 1 }), {
              description: 'For each claim one of the values.',
            }),
          ),
          acr: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              minItems: 1,
              description: 'One of these authentication contexts.',
            }),
          ),
          maxAge: Type.Optional(
            duration({ description: 'How long ago the person may have authenticated.' }),
          ),
        },
        { ...strict, description: 'All of these must hold, else 403.' },
      ),
    ),
    upstream: text('The application: an http or https URL.'),
    forward: Type.Object(
      {
        accessToken: Type.Enum(['bearer', 'header', 'none'], {
          default: 'bearer',
          description: '`bearer` sends Authorization, `header` X-Forwarded-Access-Token.',
        }),
        identityHeaders: Type.Boolean({
          default: true,
          description: 'Send X-Forwarded-User and its like.',
        }),
        clientAuthorization: Type.Enum(['strip', 'pass'], {
          default: 'strip',
          description: 'What happens to the Authorization header that the client sent.',
        }),
        assertion: Type.Optional(
          Type.Object(
            { audience: text('The `aud` of the assertion.') },
            { ...strict, description: 'Send X-Valetkey-Assertion, a signed JWT.' },
          ),
        ),
      },
      filled,
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
