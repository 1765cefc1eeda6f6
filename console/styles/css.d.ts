/** A style sheet that is imported becomes part of the one of the page. */
declare module '*.css'
