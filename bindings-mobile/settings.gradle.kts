// For those who build with Gradle. These files were read and not run: what is tested is built by
// Maven, from the poms beside them.

pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
    plugins {
        kotlin("jvm") version "2.4.21"
        kotlin("android") version "2.4.21"
        id("com.android.${"library"}") version "8.13.0"
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "keyfob-mobile"
include(":kotlin", ":android")
