import type { OfficerRole, RequestKind } from '#libs/contracts';

// The synthetic community of a local constellation. The countries are real, so that scripts, time zones and languages are; every
// agency, person and agreement is invented, and the names say so in their own language ("example", "sample", "trial").

/** Kinds of desk as the directory knows them. */
type DeskKind = 'NCC' | 'LIAISON' | 'BORDER_POST' | 'INVESTIGATION' | 'SECRETARIAT';

interface SeededDesk {
  /** Last part of the desk's URN. */
  readonly name: string;
  readonly kind: DeskKind;
  /** Last part of the URN of the agency that it belongs to. */
  readonly agency: string;
  readonly title: string;
}

interface SeededOfficer {
  /** Log-in name, unique in the community. */
  readonly login: string;
  readonly name: string;
  readonly roles: readonly OfficerRole[];
  /** Names of desks of the same participant. */
  readonly desks: readonly string[];
}

export interface SeededParticipant {
  /** Last part of the participant's URN. */
  readonly id: string;
  readonly name: string;
  readonly type: 'MEMBER' | 'PARTNER_ORG';
  readonly country?: string;
  readonly routeRoles: readonly ('ORIGIN' | 'TRANSIT' | 'DESTINATION')[];
  readonly timeZone: string;
  readonly languages: readonly string[];
  readonly agencies: readonly { readonly name: string; readonly title: string }[];
  readonly desks: readonly SeededDesk[];
  readonly officers: readonly SeededOfficer[];
  /** Where its liaison officer is posted. */
  readonly liaisonHost?: string;
  /** True where a national system talks to the access point by itself. */
  readonly nationalSystem: boolean;
}

const NATIONAL_AGENCIES = [
  { name: 'ncc', title: 'National Coordination Centre (synthetic)' },
  { name: 'border-police', title: 'Border Police (synthetic)' },
  { name: 'criminal-police', title: 'Criminal Police (synthetic)' },
] as const;

const NATIONAL_DESKS = [
  { name: 'ncc', kind: 'NCC', agency: 'ncc', title: 'NCC duty desk, day and night' },
  { name: 'liaison', kind: 'LIAISON', agency: 'ncc', title: 'Liaison officer abroad' },
  { name: 'border', kind: 'BORDER_POST', agency: 'border-police', title: 'Border crossing point, second line' },
  { name: 'investigation', kind: 'INVESTIGATION', agency: 'criminal-police', title: 'Smuggling investigation unit' },
] as const satisfies readonly SeededDesk[];

/** Invented names of the eight officers of a country, in the order of {@link nationalOfficers}. */
type OfficerNames = readonly [string, string, string, string, string, string, string, string];

function nationalOfficers(country: string, names: OfficerNames): SeededOfficer[] {
  const [liaison, duty, supervisor, deputy, investigator, border, security, auditor] = names;
  const officer = (post: string, name: string, role: OfficerRole, desks: readonly string[]): SeededOfficer => ({
    login: `${country}.${post}`,
    name,
    roles: [role],
    desks,
  });
  return [
    officer('liaison', liaison, 'LIAISON_OFFICER', ['liaison']),
    officer('duty', duty, 'NCC_DUTY_OFFICER', ['ncc']),
    officer('supervisor', supervisor, 'NCC_SUPERVISOR', ['ncc']),
    // Sensitive refusals need two supervisors.
    officer('supervisor2', deputy, 'NCC_SUPERVISOR', ['ncc']),
    officer('investigator', investigator, 'INVESTIGATOR', ['investigation']),
    officer('border', border, 'BORDER_OFFICER', ['border']),
    officer('security', security, 'SECURITY_OFFICER', ['ncc']),
    officer('auditor', auditor, 'AUDITOR', ['ncc']),
  ];
}

const national = { type: 'MEMBER', agencies: NATIONAL_AGENCIES, desks: NATIONAL_DESKS } as const;

export const PARTICIPANTS: readonly SeededParticipant[] = [
  {
    ...national,
    id: 'rs',
    name: 'Serbia (synthetic)',
    country: 'RS',
    routeRoles: ['TRANSIT'],
    timeZone: 'Europe/Belgrade',
    languages: ['sr', 'en'],
    officers: nationalOfficers('rs', [
      'Milica Primerović',
      'Dušan Probić',
      'Jelena Uzorković',
      'Stevan Ogledić',
      'Vuk Pokusković',
      'Ana Izmislić',
      'Petar Testović',
      'Zora Zamišljić',
    ]),
    liaisonHost: 'iq',
    nationalSystem: true,
  },
  {
    ...national,
    id: 'iq',
    name: 'Iraq (synthetic)',
    country: 'IQ',
    routeRoles: ['ORIGIN'],
    timeZone: 'Asia/Baghdad',
    languages: ['ar', 'ku', 'en'],
    officers: nationalOfficers('iq', [
      'Layla al-Mithali',
      'Karim al-Tajribi',
      'Zaynab al-Namudhaji',
      'Hasan al-Ikhtibari',
      'Dilan Nimunayi',
      'Omar al-Iftiradi',
      'Salma al-Khayali',
      'Yusuf al-Tamrini',
    ]),
    liaisonHost: 'tr',
    nationalSystem: false,
  },
  {
    ...national,
    id: 'tr',
    name: 'Türkiye (synthetic)',
    country: 'TR',
    routeRoles: ['TRANSIT', 'DESTINATION'],
    timeZone: 'Europe/Istanbul',
    languages: ['tr', 'en'],
    officers: nationalOfficers('tr', [
      'Defne Örnekoğlu',
      'Kerem Denemeci',
      'Elif Numunecioğlu',
      'Baran Sınamalı',
      'Selin Kurmacaoğlu',
      'Umut Hayali',
      'Derya Taslakçı',
      'Ozan Varsayımlı',
    ]),
    liaisonHost: 'bg',
    nationalSystem: false,
  },
  {
    ...national,
    id: 'bg',
    name: 'Bulgaria (synthetic)',
    country: 'BG',
    routeRoles: ['TRANSIT', 'DESTINATION'],
    timeZone: 'Europe/Sofia',
    languages: ['bg', 'en'],
    officers: nationalOfficers('bg', [
      'Tsvetana Primerova',
      'Boyan Obraztsov',
      'Rada Probova',
      'Kamen Opitov',
      'Vesela Izmislena',
      'Asen Testov',
      'Gergana Mostrova',
      'Plamen Nalichnev-Primerov',
    ]),
    liaisonHost: 'rs',
    nationalSystem: false,
  },
  {
    id: 'secretariat',
    name: 'Secretariat (synthetic)',
    type: 'PARTNER_ORG',
    routeRoles: [],
    timeZone: 'Europe/Vienna',
    languages: ['en'],
    agencies: [{ name: 'office', title: 'Office of the Secretariat (synthetic)' }],
    desks: [{ name: 'office', kind: 'SECRETARIAT', agency: 'office', title: 'Secretariat' }],
    officers: [
      { login: 'secretariat.office', name: 'Imaginaria Exempla', roles: ['SECRETARIAT'], desks: ['office'] },
      { login: 'secretariat.security', name: 'Probatus Specimen', roles: ['SECURITY_OFFICER'], desks: ['office'] },
    ],
    nationalSystem: false,
  },
];

/** The chairs whose root keys found the directory; two of them must agree. */
export const CHAIRS = ['chair-silk-routes', 'chair-transit', 'chair-destination'] as const;
export const CHAIRS_NEEDED = 2;

const EVERYDAY: readonly RequestKind[] = [
  'IDENTITY',
  'NATIONALITY_DOCUMENT_CHECK',
  'WHEREABOUTS',
  'TRAVEL_MOVEMENT',
  'MODUS_OPERANDI',
  'SUPPLEMENTARY',
  'GENERAL',
];

export interface SeededAgreement {
  readonly title: string;
  readonly legalBasis: 'TREATY' | 'MEMORANDUM';
  readonly grants: readonly { readonly from: string; readonly to: string; readonly kinds: readonly RequestKind[] }[];
}

/** Who may ask whom for what. None between Iraq and Bulgaria: a request on that pair is refused. */
export const AGREEMENTS: readonly SeededAgreement[] = [
  {
    title: 'Memorandum of Serbia and Iraq on police information (synthetic)',
    legalBasis: 'MEMORANDUM',
    grants: [
      { from: 'rs', to: 'iq', kinds: [...EVERYDAY, 'CRIMINAL_RECORD_POLICE_USE'] },
      { from: 'iq', to: 'rs', kinds: EVERYDAY },
    ],
  },
  {
    title: 'Treaty of Serbia and Türkiye on police cooperation (synthetic)',
    legalBasis: 'TREATY',
    grants: [
      { from: 'rs', to: 'tr', kinds: [...EVERYDAY, 'CRIMINAL_RECORD_POLICE_USE', 'VEHICLE_VESSEL', 'PRESERVATION'] },
      { from: 'tr', to: 'rs', kinds: [...EVERYDAY, 'CRIMINAL_RECORD_POLICE_USE', 'VEHICLE_VESSEL', 'PRESERVATION'] },
    ],
  },
  {
    title: 'Treaty of Bulgaria and Türkiye on police cooperation (synthetic)',
    legalBasis: 'TREATY',
    grants: [
      { from: 'bg', to: 'tr', kinds: [...EVERYDAY, 'VEHICLE_VESSEL', 'FINANCIAL_POINTER'] },
      { from: 'tr', to: 'bg', kinds: [...EVERYDAY, 'VEHICLE_VESSEL'] },
    ],
  },
  {
    // Criminal records may be asked for in one direction only.
    title: 'Memorandum of Bulgaria and Serbia on migrant smuggling (synthetic)',
    legalBasis: 'MEMORANDUM',
    grants: [
      { from: 'bg', to: 'rs', kinds: [...EVERYDAY, 'CRIMINAL_RECORD_POLICE_USE'] },
      { from: 'rs', to: 'bg', kinds: EVERYDAY },
    ],
  },
];

/** Services of the hub that sign, and its operators, who have a key and run nothing. */
export const SERVICES = ['gateway', 'directory', 'requests', 'notifications', 'audit', 'operations'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Name of the log that `audit` keeps, in every checkpoint and of the log's key; another one begins each year. */
export const LOG_ORIGIN = 'hub.example/audit/2026';
/** Holder of the log's key: another process than the service `audit`, with a keystore of its own. */
export const LOG_SIGNER = 'log-signer';
/** Holder of the key with which a participant's access point cosigns checkpoints. It signs nothing else. */
export const witnessOf = (participant: string): string => `${participant}.witness`;
