/** Which of the points at which a function is known are next to each other; symmetric. */
export interface Neighbourhood {
  readonly points: number;
  each(point: number, visit: (neighbour: number) => void): void;
}
