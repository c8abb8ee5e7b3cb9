/** The only way text gets into HTML or SVG. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What XML 1.0 forbids, and characters that turn the direction of the text around them. */
const FORBIDDEN = /(?![\t\n\r])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/**
 * Text for the content of an element or for an attribute in quotes. Line breaks and tabs stay; characters that a document
 * must not hold are left out.
 */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/**
 * JSON for the content of `<template>` or `<script type="application/json">`: no character in it means anything to HTML.
 * A browser decodes entities in a template, therefore `&` is written as an escape too. `undefined` becomes `null`.
 */
export function embedJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
