// For Android, which Maven does not build. Not run yet: where this was written there is no Gradle.
pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
        flatDir { dirs("../../dist/kotlin") } // the library, until it is published
    }
}

rootProject.name = "authenticator"
include(":android")
