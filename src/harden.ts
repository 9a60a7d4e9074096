// The process's second wall against prototype pollution: what is built in can no longer be added to.
// With `--disable-proto=delete`. Freezing would be stronger, but libraries assign to inherited members of their objects.

/** Closes the built-in prototypes against new members. Called once, after everything has been imported. */
export function closePrototypes(): void {
  for (const builtIn of [Object, Array, Function, String, Number, Boolean, RegExp, Date, Promise, Map, Set, Error]) {
    // `void`, since the prototype that promises share has the type of a promise.
    void Object.preventExtensions(builtIn.prototype);
  }
}
