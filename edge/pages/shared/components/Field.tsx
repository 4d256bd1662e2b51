import type { ComponentChildren } from 'preact';

interface Props {
  label: string;
  hint?: string;
  children: ComponentChildren;
}

export function Field({ label, hint, children }: Props) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      {children}
      {hint && <span class="hint">{hint}</span>}
    </label>
  );
}
