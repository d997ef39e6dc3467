/**
 * The shows of a fresh installation: one seated, one standing, one mixed. Seats come from the venue's plan.
 */

export interface SeedShow {
  slug: string;
  name: string;
  venue: string;
  /** file in `venues/`, a seating plan in pretix' format; none for a venue without seats */
  planFile?: string;
  /** the show is so many days after the seed */
  daysAhead: number;
  startsAtTime: string;
  currency: string;
  /** minor units by category and ticket type; the first type is taken when a buyer names none */
  prices: Record<string, Record<string, number>>;
  standing: { areaId: string; name: string; capacity: number; category: string }[];
}

export const SEED_SHOWS: SeedShow[] = [
  {
    slug: 'hamlet',
    name: 'Hamlet',
    venue: 'Old Theatre',
    planFile: 'old-theatre.json',
    daysAhead: 45,
    startsAtTime: '19:30',
    currency: 'EUR',
    prices: {
      Stalls: { adult: 6500, child: 3250 },
      Circle: { adult: 4500, child: 2250 },
      'Restricted view': { adult: 2000, child: 1000 },
      Wheelchair: { adult: 3000, child: 1500 },
    },
    standing: [],
  },
  {
    slug: 'warehouse-night',
    name: 'Warehouse Night',
    venue: 'Dock 7 Warehouse',
    daysAhead: 60,
    startsAtTime: '22:00',
    currency: 'EUR',
    prices: { Standing: { adult: 2800 }, Gallery: { adult: 4200 } },
    standing: [
      { areaId: 'main-floor', name: 'Main floor', capacity: 1_200, category: 'Standing' },
      { areaId: 'gallery', name: 'Gallery', capacity: 150, category: 'Gallery' },
    ],
  },
  {
    slug: 'arena-gala',
    name: 'Arena Gala',
    venue: 'Northern Arena',
    planFile: 'northern-arena.json',
    daysAhead: 90,
    startsAtTime: '20:00',
    currency: 'EUR',
    prices: {
      Standing: { adult: 7500 },
      Gold: { adult: 12_000, child: 6000 },
      Silver: { adult: 9000, child: 4500 },
      Bronze: { adult: 6000, child: 3000 },
      Sky: { adult: 4000, child: 2000 },
      Accessible: { adult: 4000, child: 2000 },
    },
    standing: [{ areaId: 'floor', name: 'Standing floor', capacity: 5_000, category: 'Standing' }],
  },
];
