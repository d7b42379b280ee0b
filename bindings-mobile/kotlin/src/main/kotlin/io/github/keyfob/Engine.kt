package io.github.keyfob

import com.sun.jna.Native
import java.io.IOException

// Which library the generated sources load, and that it is of one make with them.

/**
 * The library that the jar carries. By its name alone JNA would take any of that name that stands
 * in the system's or the user's library path first, one of another version too.
 */
internal fun engineLibrary(): String {
    if (!isChecked) {
        isChecked = true
        // Of its own accord UniFFI compares the two only where crates depend on each other; a
        // library of another version would end the process.
        IntegrityCheckingUniffiLib.ensureInitialized()
    }
    return path
}

private var isChecked = false

/** Android finds it by its name, among those of the app. */
private val path: String by lazy {
    try {
        Native.extractFromResourcePath(NAME, Secret::class.java.classLoader).absolutePath
    } catch (_: IOException) {
        NAME
    }
}

private const val NAME = "keyfob_mobile"
