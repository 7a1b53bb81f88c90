/** Starts the dashboard. */
import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './client/queries.ts'
import { createPageRouter } from './shell/router.tsx'

const root = document.querySelector('#root')
if (root === null) throw new Error('the document has no place for the page')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={createPageRouter()} />
    </QueryClientProvider>
  </StrictMode>,
)
