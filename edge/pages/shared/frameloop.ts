// Work done once for each drawn frame of the page.
import { useEffect, useRef, useState } from 'preact/hooks';

export function useFrames(draw: () => void): void {
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    let id = 0;
    const loop = () => {
      latest.current();
      id = requestAnimationFrame(loop);
    };
    id = requestAnimationFrame(loop);
    return () => cancelAnimationFrame(id);
  }, []);
}

/** Re-render at `hz` with the value that `read` gives then. */
export function useTicking<T>(read: () => T, hz = 20): T {
  const [value, set] = useState<T>(read);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const timer = setInterval(() => set(latest.current()), 1000 / hz);
    return () => clearInterval(timer);
  }, [hz]);
  return value;
}

/** The size of an element, followed. */
export function useSize<E extends Element>() {
  const ref = useRef<E>(null);
  const [size, set] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => set({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, size };
}
