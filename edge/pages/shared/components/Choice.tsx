interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; text: string }[];
  onChange: (value: T) => void;
  testid?: string;
}

/** One of a few: buttons side by side. */
export function Choice<T extends string>({ label, value, options, onChange, testid }: Props<T>) {
  return (
    <fieldset class="choice" data-testid={testid}>
      <legend class="label">{label}</legend>
      <div>
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={option.value === value}
            data-testid={testid && `${testid}-${option.value}`}
            onClick={() => onChange(option.value)}
          >
            {option.text}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
