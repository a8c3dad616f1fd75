/** Which of AWS's regions is nearest to a client, as the crow flies: light in glass takes about the same way. */
import type { Coordinates } from "../../contracts.ts";

/** Latitude and longitude of each region's data centres, to a degree. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGIONS =
  "us-east-1 39 -77,us-east-2 40 -83,us-west-1 37 -122,us-west-2 46 -120,us-gov-east-1 40 -83,us-gov-west-1 46 -120,ca-central-1 46 -74,ca-west-1 51 -114,mx-central-1 21 -100,sa-east-1 -24 -47,eu-central-1 50 9,eu-central-2 47 9,eu-west-1 53 -6,eu-west-2 52 0,eu-west-3 49 2,eu-north-1 59 18,eu-south-1 45 9,eu-south-2 42 -1,il-central-1 32 35,me-central-1 24 54,me-south-1 26 51,af-south-1 -34 18,ap-south-1 19 73,ap-south-2 17 78,ap-southeast-1 1 104,ap-southeast-2 -34 151,ap-southeast-3 -6 107,ap-southeast-4 -38 145,ap-southeast-5 3 102,ap-southeast-6 -37 175,ap-southeast-7 14 100,ap-northeast-1 36 140,ap-northeast-2 38 127,ap-northeast-3 35 136,ap-east-1 22 114,ap-east-2 25 121";

let known: ReadonlyMap<string, Coordinates> | undefined;

/** Regions, the nearest first; those whose place is not known last, in the order written. */
export function nearestFirst(regions: readonly string[], from: Coordinates): string[] {
  known ??= new Map(REGIONS.split(",").map(placed));
  const closeness = (region: string) => {
    const at = known?.get(region);
    return at ? cosine(at, from) : -2;
  };
  return regions.toSorted((a, b) => closeness(b) - closeness(a));
}

function placed(line: string): [region: string, at: Coordinates] {
  const [region = "", latitude, longitude] = line.split(" ");
  return [region, { latitude: Number(latitude), longitude: Number(longitude) }];
}

/** Of the angle between two places, seen from the middle of the earth: the greater, the nearer. */
function cosine(a: Coordinates, b: Coordinates): number {
  const [lat, other, turn] = [a.latitude, b.latitude, a.longitude - b.longitude].map(
    (degrees) => (degrees * Math.PI) / 180,
  );
  if (lat === undefined || other === undefined || turn === undefined) return -2;
  return Math.sin(lat) * Math.sin(other) + Math.cos(lat) * Math.cos(other) * Math.cos(turn);
}
